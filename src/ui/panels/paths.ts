/** The last part of a path of any system. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}

/** The last two parts, `servings/iris.serving.json`: what tells one definition from another. */
export function shortPath(path: string): string {
  return path.split(/[\\/]/).slice(-2).join('/');
}
