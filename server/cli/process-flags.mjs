// How a process of the mesh starts small (docs/adr/0014). One place, since the compile cache that the installer fills is keyed by V8's flags; core modules only: the installer runs before any package is there.
/** A small young generation keeps twenty processes small (4 MB in the proxies: 24 MB more over the mesh, on an idle machine); no warnings on the parts' logs. */
export const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1'];
/**
 * One malloc arena: glibc gives each thread of Node its own, and what they free stays with them (15 to 60 MB a process here).
 * A fixed threshold for large blocks: glibc would raise it after the first free, and then keep them (1 to 5 MB a process).
 */
export const MALLOC_ENV = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };
