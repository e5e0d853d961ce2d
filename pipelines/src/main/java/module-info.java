/** From texts to answers: classification, entities, answers to questions. */
module detangle.pipelines {
    requires transitive detangle.runtime;
    requires transitive detangle.hub;
    requires org.slf4j;

    exports detangle.pipelines;
}
