/** Open lists and menus hang here, inside a region of their own, so that no content stands outside the landmarks. */
export const LISTS_ID = 'kit-lists';
