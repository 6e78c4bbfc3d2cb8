/** Top-level modules that come with a Python from 3.9 to 3.14; those that only some of them have are in it, too. */
const STANDARD = new Set(
  (
    'abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii ' +
    'binhex bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys ' +
    'compileall compression concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses ' +
    'dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler ' +
    'fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc genericpath getopt getpass gettext glob ' +
    'graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools ' +
    'json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib ' +
    'msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev ' +
    'parser pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats ' +
    'pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter ' +
    'runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd ' +
    'sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symbol ' +
    'symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios test textwrap this threading time timeit ' +
    'tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest ' +
    'urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile ' +
    'zipimport zlib zoneinfo'
  ).split(' '),
);

/** Modules whose package has another name on PyPI; the longest dotted name that fits decides. */
const PACKAGES: Readonly<Record<string, string>> = {
  attr: 'attrs',
  Bio: 'biopython',
  bs4: 'beautifulsoup4',
  Crypto: 'pycryptodome',
  cv2: 'opencv-python-headless',
  dateutil: 'python-dateutil',
  docx: 'python-docx',
  dotenv: 'python-dotenv',
  faiss: 'faiss-cpu',
  fitz: 'PyMuPDF',
  git: 'GitPython',
  'google.api_core': 'google-api-core',
  'google.auth': 'google-auth',
  'google.genai': 'google-genai',
  'google.generativeai': 'google-generativeai',
  'google.oauth2': 'google-auth',
  'google.protobuf': 'protobuf',
  'google.rpc': 'googleapis-common-protos',
  googleapiclient: 'google-api-python-client',
  grpc: 'grpcio',
  igraph: 'igraph',
  IPython: 'ipython',
  jose: 'python-jose',
  jwt: 'PyJWT',
  kafka: 'kafka-python',
  lightning_fabric: 'lightning',
  magic: 'python-magic',
  Levenshtein: 'python-Levenshtein',
  mpl_toolkits: 'matplotlib',
  MySQLdb: 'mysqlclient',
  nacl: 'PyNaCl',
  OpenSSL: 'pyOpenSSL',
  osgeo: 'GDAL',
  PIL: 'pillow',
  pkg_resources: 'setuptools',
  pptx: 'python-pptx',
  psycopg2: 'psycopg2-binary',
  pydantic_settings: 'pydantic-settings',
  pylab: 'matplotlib',
  pythoncom: 'pywin32',
  pywintypes: 'pywin32',
  requests_toolbelt: 'requests-toolbelt',
  rest_framework: 'djangorestframework',
  'ruamel.yaml': 'ruamel.yaml',
  ruamel: 'ruamel.yaml',
  sentence_transformers: 'sentence-transformers',
  serial: 'pyserial',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  'sklearn.externals': 'joblib',
  sklearnex: 'scikit-learn-intelex',
  snappy: 'python-snappy',
  socks: 'PySocks',
  tables: 'tables',
  tflite_runtime: 'tflite-runtime',
  umap: 'umap-learn',
  usb: 'pyusb',
  win32api: 'pywin32',
  win32com: 'pywin32',
  wx: 'wxPython',
  yaml: 'PyYAML',
  zmq: 'pyzmq',
};

/** Namespaces that many packages share: the package is named after the first parts of the module. */
const SHARED: Readonly<Record<string, number>> = { 'google.cloud': 3, azure: 2, 'azure.storage': 3, 'azure.ai': 3 };

/** Brought by our server. */
const OURS = new Set(['hops', 'model_server']);

/** One spelling for all that PyPI takes for the same package (PEP 503). */
export function normalise(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

export function rootOf(module: string): string {
  return module.split('.', 1)[0] ?? module;
}

/**
 * The package on PyPI that brings a module; undefined for those that come with Python or with our server, and where
 * the module alone does not tell (`google`).
 */
export function packageOf(module: string): string | undefined {
  const root = rootOf(module);
  if (root === '' || root.startsWith('_') || STANDARD.has(root) || OURS.has(root)) {
    return undefined;
  }
  const parts = module.split('.');
  for (let count = parts.length; count > 0; count--) {
    const name = parts.slice(0, count).join('.');
    const known = PACKAGES[name];
    if (known !== undefined) {
      return known;
    }
    const depth = SHARED[name];
    if (depth !== undefined) {
      return parts.length < depth ? undefined : parts.slice(0, depth).join('-').replaceAll('_', '-');
    }
  }
  return root === 'google' ? undefined : root;
}
