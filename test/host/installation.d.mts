export const root: string;
export const leftovers: string;
export function install(): void;
