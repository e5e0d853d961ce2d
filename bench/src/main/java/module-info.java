/** Measures models, beside others that run them. */
@SuppressWarnings("module") // The command line is built later.
module detangle.bench {
    requires detangle.compiler;
    requires detangle.export;
    requires detangle.pipelines;
    requires detangle.runtime;
    requires detangle.train;
    requires transitive detangle.bench.worker;
    requires tools.jackson.databind;
    requires java.management;

    exports detangle.bench to
            detangle.cli;

    opens detangle.bench to
            tools.jackson.databind;

    provides detangle.bench.worker.SubjectProvider with
            detangle.bench.DetangleSubjectProvider,
            detangle.bench.ExtractionSubjectProvider,
            detangle.bench.TrainingSubjectProvider;
}
