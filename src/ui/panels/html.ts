import type { Texts } from '../../core/l10n';

export interface PanelPage {
  readonly title: string;
  /** Addresses of its scripts, in their order. */
  readonly scripts: readonly string[];
  /** Addresses of its style sheets. */
  readonly styles: readonly string[];
  /** Where styles, fonts and images may come from, as a source of a content security policy. */
  readonly cspSource: string;
  /** Made for this page only. */
  readonly nonce: string;
  /** Another one, for styles: the toolkit asks the browser what it can do by a style element of its own. */
  readonly styleNonce: string;
  /** Of the editor: `en`, `de`. */
  readonly language?: string;
  /** Translations for what the page itself says; none for English. */
  readonly texts?: Texts | undefined;
}

/** The empty page of a panel: nothing may run or load in it but our own files, and nothing is sent anywhere. */
export function panelHtml(page: PanelPage): string {
  const { title, scripts, styles, cspSource, nonce, styleNonce, language = 'en', texts } = page;
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource} 'nonce-${styleNonce}'`,
    `font-src ${cspSource}`,
    `img-src ${cspSource}`,
    // A page may start a thread from its own text: patterns are searched for where they hold up nobody.
    'worker-src blob:',
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escape(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<meta property="csp-nonce" content="${styleNonce}">
<title>${escape(title)}</title>
${styles.map((href) => `<link rel="stylesheet" href="${escape(href)}">`).join('\n')}
</head>
<body>
<div id="root"></div>
${texts ? dataOf(texts) : ''}${scripts.map((src) => `<script nonce="${nonce}" src="${escape(src)}"></script>`).join('\n')}
</body>
</html>
`;
}

/** Data, which no policy keeps from being read and nothing runs. `<` cannot end it. */
function dataOf(texts: Texts): string {
  return `<script type="application/json" id="texts">${JSON.stringify(texts).replaceAll('<', '\\u003c')}</script>\n`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
