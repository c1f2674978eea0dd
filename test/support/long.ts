/** Whether the rigs run at length: `npm run proof -- --long`. */
export const IS_LONG = process.env.SLUICE_PROOF === 'long';
