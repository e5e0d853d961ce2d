package detangle.backend.tornado.library;

import detangle.backend.tornado.cublaslt.CublasLt;
import detangle.backend.tornado.cublaslt.CublasLtSession;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.runtime.common.TornadoXPUDevice;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryContext;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryInvocation;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoNativeStreamSupport;

/**
 * Provides TornadoVM with products of matrices by cuBLASLt. Each execution plan has a session of its own, which keeps
 * the library's handle and workspace.
 */
public final class CublasLtProvider implements TornadoLibraryProvider {
    private record Session(CublasLtSession products) implements LibraryContext {}

    /** Makes a provider; {@link java.util.ServiceLoader} calls it. */
    public CublasLtProvider() {}

    @Override
    public String libraryName() {
        return CublasLt.NAME;
    }

    @Override
    public boolean canHandle(TornadoXPUDevice device) {
        return device instanceof TornadoNativeStreamSupport && CublasLt.find().isPresent();
    }

    @Override
    public LibraryContext createContext(TornadoXPUDevice device, long plan) {
        CublasLt library = CublasLt.find().orElseThrow(() -> new TornadoRuntimeException(CublasLt.missing()));
        return new Session(new CublasLtSession(library, ((TornadoNativeStreamSupport) device).getNativeContext(plan)));
    }

    /**
     * Puts what a task computes into the stream of the thread that runs the plan. The stream is asked for at each call,
     * as each thread has its own.
     */
    @Override
    public void dispatch(String function, LibraryInvocation call) {
        CublasLtSession.Arguments arguments = new CublasLtSession.Arguments() {
            @Override
            public Object onHost(int place) {
                return call.getArg(place);
            }

            @Override
            public long onDevice(int place) {
                return call.getDevicePointer(place);
            }
        };
        ((Session) call.getContext())
                .products()
                .launch(
                        function,
                        arguments,
                        call.getTuning(),
                        ((TornadoNativeStreamSupport) call.getDevice()).getNativeStream(call.getExecutionPlanId()));
    }

    @Override
    public void destroyContext(LibraryContext context) {
        ((Session) context).products().close();
    }
}
