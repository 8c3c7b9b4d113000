/** The migrated database that every test file's own is a copy of. */
export const TEMPLATE_DATABASE = 'basis_template';
