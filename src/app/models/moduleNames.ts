/** Modules that Predict scripts and their libraries import. A script of such a name would be found in their place. */
const MODULES = new Set(
  `abc argparse array ast asyncio atexit base64 binascii bisect builtins bz2 calendar cmath cmd code codecs collections
  concurrent configparser contextlib contextvars copy copyreg cProfile csv ctypes dataclasses datetime decimal difflib
  dis doctest email encodings enum errno faulthandler filecmp fnmatch fractions functools gc getpass gettext glob
  graphlib gzip hashlib heapq hmac html http imp importlib inspect io ipaddress itertools json keyword linecache locale
  logging lzma mailbox marshal math mimetypes mmap multiprocessing netrc numbers opcode operator os pathlib pdb pickle
  pickletools pkgutil platform plistlib posixpath pprint profile pstats queue quopri random re readline reprlib resource
  runpy sched secrets select selectors shelve shlex shutil signal site socket socketserver sqlite3 ssl stat statistics
  string stringprep struct subprocess symtable sys sysconfig tarfile tempfile test textwrap threading time timeit
  token tokenize trace traceback tracemalloc types typing unicodedata unittest urllib uuid venv warnings wave weakref
  webbrowser xml xmlrpc zipfile zipimport zlib zoneinfo
  sklearn scipy numpy pandas joblib xgboost lightgbm catboost torch torchvision onnx onnxruntime tensorflow keras jax
  safetensors transformers tokenizers datasets statsmodels cloudpickle dill threadpoolctl six hops hsfs hsml yaml
  requests h11 flask fastapi pydantic model_server run`
    .split(/\s+/)
    .map((name) => name.toLowerCase()),
);

/** Whether a Python module of that name is, or may be, in use; case does not count, as on many disks. */
export function isModuleInUse(name: string): boolean {
  return MODULES.has(name.toLowerCase());
}
