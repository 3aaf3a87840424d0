export function packagedFiles(): string[];
export function makePackage(file: string): { readonly file: string; readonly size: number };
