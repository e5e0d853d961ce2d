/** Measures models, beside others that run them. */
module detangle.bench {
    requires detangle.compiler;
    requires detangle.export;
    requires detangle.runtime;
    requires transitive detangle.bench.worker;
    requires tools.jackson.databind;
    requires java.management;

    exports detangle.bench;

    opens detangle.bench to
            tools.jackson.databind;

    provides detangle.bench.worker.SubjectProvider with
            detangle.bench.DetangleSubjectProvider;
}
