import { join } from 'node:path';

/** Folder of this checkout: where the children's entry files are. */
export const REPOSITORY = join(import.meta.dirname, '..', '..');
