/**
 * What TornadoVM's runtime calls for tasks of a library. It is a module of its own, as a module that provides a service needs the
 * module of that service: Java takes it where TornadoVM's runtime is there, and leaves it alone elsewhere.
 */
module detangle.backend.tornado.library {
    requires detangle.backend.tornado;
    requires tornado.api;
    requires tornado.runtime;

    provides uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider with
            detangle.backend.tornado.library.CublasLtProvider;
}
