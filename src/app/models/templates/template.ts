import type { ModelForm } from '../frameworks';

/** What a template is filled with. */
export interface TemplateInput {
  /** The model's name, for the first line. */
  readonly model: string;
  /** Path of the model below the version's folder, with `/`; empty when the folder itself is the model. */
  readonly file: string;
  readonly form: ModelForm;
}

/** A text as a Python string literal. */
export function python(text: string): string {
  return JSON.stringify(text);
}

/** An expression for the model's path in a script that has `folder`. */
export function pathOf(file: string): string {
  return file === '' ? 'folder' : `os.path.join(folder, ${file.split('/').map(python).join(', ')})`;
}

/** The line that finds the model's folder: a serving says where it is, else it is where the script lies. */
export const FOLDER = 'folder = os.environ.get("MODEL_FILES_PATH", os.path.dirname(os.path.abspath(__file__)))';

/** A method that turns requests away. */
export function notFor(verb: string, why: string): string {
  return `    def ${verb}(self, inputs):
        raise NotImplementedError(${python(`${verb}: ${why}`)})
`;
}
