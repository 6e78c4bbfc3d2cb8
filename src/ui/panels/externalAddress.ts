import { externalUrl } from '../../platform/externalUri';

/** An address for the person at the editor, which the editor tells a moment after it was asked. */
export class ExternalAddress {
  private known: { readonly of: string; readonly url: string } | undefined;

  /** @param found another one than was given is known now. */
  constructor(
    private readonly found: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** What it is as far as it is known. */
  get(url: string): string {
    if (this.known?.of !== url) {
      this.known = { of: url, url };
      externalUrl(url).then((external) => {
        if (external !== url && this.known?.of === url) {
          this.known = { of: url, url: external };
          this.found();
        }
      }, this.failed);
    }
    return this.known.url;
  }
}
