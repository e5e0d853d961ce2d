/** The public Java API: load a model, ask it, close it. */
module detangle.runtime {
    requires transitive detangle.backend;
    requires transitive detangle.models;
    requires detangle.compiler;
    requires org.slf4j;

    exports detangle.runtime;

    uses detangle.backend.Backend;
}
