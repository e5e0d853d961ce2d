/** What a backend implements, and what the compiler gives to it. */
@SuppressWarnings("module") // Those that the second export is for are built later.
module detangle.backend {
    requires transitive detangle.ir;

    exports detangle.backend;
    exports detangle.backend.scalar to
            detangle.backend.vector,
            detangle.backend.tornado;
}
