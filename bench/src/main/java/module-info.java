/** Measures models, beside others that run them. */
module detangle.bench {
    requires transitive detangle.runtime;
    requires transitive detangle.peer;
    requires tools.jackson.databind;
    requires java.management;

    exports detangle.bench;

    opens detangle.bench to
            tools.jackson.databind;

    provides detangle.peer.SubjectProvider with
            detangle.bench.DetangleSubjectProvider;
}
