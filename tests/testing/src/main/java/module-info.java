/**
 * Random programs and their comparison, bounds of rounding, and data beside the repository, for tests of every module.
 */
module detangle.testing {
    requires transitive detangle.ir;
    requires org.junit.jupiter.api;

    exports detangle.testing;
}
