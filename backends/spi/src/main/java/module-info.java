/** The interfaces that a backend implements, and what the compiler gives to it. */
@SuppressWarnings("module") // The modules that the second export names are built after this one.
module detangle.backend {
    requires transitive detangle.ir;

    exports detangle.backend;
    exports detangle.backend.processor;
    exports detangle.backend.scalar to
            detangle.backend.vector,
            detangle.backend.tornado;
}
