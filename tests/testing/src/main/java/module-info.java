/**
 * Random programs and their comparison, bounds of rounding, what a process collects over hours, and data beside the
 * repository, for tests of every module.
 */
module detangle.testing {
    requires transitive detangle.ir;
    requires java.management;
    requires org.junit.jupiter.api;

    exports detangle.testing;
}
