/** Whether a script has a `class Predict`, or an app of a web framework. */
export function isServable(text: string): boolean {
  return /^class\s+Predict\b/m.test(text) || (IMPORTS_WEB.test(text) && HAS_APP.test(text));
}

/** Many programs have something named `app`; those that serve HTTP import one of these. */
const IMPORTS_WEB =
  /^(?:from|import)\s+(?:flask|fastapi|starlette|django|falcon|bottle|quart|litestar|blacksheep|pyramid|werkzeug|connexion|dash)\b/m;
const HAS_APP = /^(?:(?:app|application)\s*(?::[^=\n]+)?=[^=]|(?:async\s+)?def\s+(?:create_app|make_app)\s*\()/m;
