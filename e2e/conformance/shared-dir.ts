/** The folder of recorded cases; they are not part of this repository. */
const fromEnv = process.env['PHAROS_SHARED'];
if (fromEnv === undefined || fromEnv === '') throw new Error('PHAROS_SHARED must name the folder of recorded cases');
export const sharedDir = fromEnv;
