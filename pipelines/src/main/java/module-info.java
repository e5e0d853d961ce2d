/** Pipelines from texts to answers: classification, entities, answers to questions. */
module detangle.pipelines {
    requires transitive detangle.runtime;
    requires detangle.hub;
    requires org.slf4j;

    exports detangle.pipelines;
    exports detangle.pipelines.redaction;
    exports detangle.pipelines.schema;
    exports detangle.pipelines.task;
}
