/** What a backend implements, and what the compiler gives to it. */
module detangle.backend {
    requires transitive detangle.ir;

    exports detangle.backend;
}
