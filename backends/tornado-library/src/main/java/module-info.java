/**
 * Provides the matrix library that TornadoVM's runtime calls for library tasks. A module that provides a service cannot
 * be resolved without the module of that service. So this is a module of its own, which Java resolves only where
 * TornadoVM's runtime is on the module path.
 */
module detangle.backend.tornado.library {
    requires detangle.backend.tornado;
    requires tornado.api;
    requires tornado.runtime;

    provides uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider with
            detangle.backend.tornado.library.CublasLtProvider;
}
