const mac = navigator.userAgent.includes('Mac');
/** Keys as they are printed on this machine: "Ctrl K", on a Mac "⌘ K". */
export const printKeys = (keys: string): readonly string[] => keys.split(' ').map((key) => (key === 'Mod' ? (mac ? '⌘' : 'Ctrl') : key));
