/** Passes from tensor-level programs to planned kernel-level ones. */
@SuppressWarnings("module") // The runtime is built later.
module detangle.compiler {
    requires transitive detangle.backend;

    exports detangle.compiler;
    exports detangle.compiler.gradient;
    exports detangle.compiler.placement to
            detangle.runtime;
}
