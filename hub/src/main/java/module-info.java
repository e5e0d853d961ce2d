/** Models by their names on a hub such as huggingface.co, and the cache that they are kept in. */
module detangle.hub {
    requires transitive detangle.ir;
    requires tools.jackson.databind;
    requires org.slf4j;

    exports detangle.hub;
}
