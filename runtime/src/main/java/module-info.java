/** The public Java API: load a model, ask it, close it. */
module detangle.runtime {
    requires transitive detangle.models;
    requires transitive detangle.compiler;
    requires transitive detangle.export;
    requires org.slf4j;

    exports detangle.runtime;

    uses detangle.backend.Backend;
}
