/** Models behind HTTP. */
@SuppressWarnings("requires-automatic") // Micrometer has no module descriptors.
module detangle.server {
    requires transitive detangle.pipelines;
    requires io.helidon.http;
    requires io.helidon.webserver;
    requires micrometer.core;
    requires micrometer.registry.prometheus;
    requires org.slf4j;
    requires tools.jackson.databind;

    exports detangle.server;
}
