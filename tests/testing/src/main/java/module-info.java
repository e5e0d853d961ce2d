/** What tests of every module share: random programs, what rounding may do to them, and how far apart results are. */
module detangle.testing {
    requires transitive detangle.ir;

    exports detangle.testing;
}
