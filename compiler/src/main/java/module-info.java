/** Passes from tensor-level programs to planned kernel-level ones. */
module detangle.compiler {
    requires transitive detangle.backend;

    exports detangle.compiler;
    exports detangle.compiler.placement;
}
