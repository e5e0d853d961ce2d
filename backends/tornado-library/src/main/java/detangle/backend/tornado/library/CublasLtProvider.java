package detangle.backend.tornado.library;

import detangle.backend.tornado.cublaslt.CublasLt;
import detangle.backend.tornado.cublaslt.CublasLtSession;
import detangle.backend.tornado.cublaslt.ProductOptions;
import uk.ac.manchester.tornado.api.exceptions.TornadoRuntimeException;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
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
    // The places of a task's arguments, in the order in which {@code LibraryProduct} adds them.
    private static final int SIZES = 0;
    private static final int OWN = 1;
    private static final int LEFT = 2;
    private static final int RIGHT = 3;
    private static final int BIAS = 4;
    private static final int RESULT = 5;

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
     * Puts one product into the stream of the thread that runs the plan. The stream is asked for at each call, as each
     * thread has its own. The sizes and their place are read from the arrays on the host, where they were written
     * before they were copied to the device.
     */
    @Override
    public void dispatch(String function, LibraryInvocation call) {
        IntArray sizes = (IntArray) call.getArg(SIZES);
        int first = ((IntArray) call.getArg(OWN)).get(0);
        int[] product = new int[CublasLtSession.SIZES];
        for (int i = 0; i < product.length; i++) {
            product[i] = sizes.get(first + i);
        }
        ((Session) call.getContext())
                .products()
                .multiply(
                        ((TornadoNativeStreamSupport) call.getDevice()).getNativeStream(call.getExecutionPlanId()),
                        product,
                        (ProductOptions) call.getTuning(),
                        call.getDevicePointer(LEFT),
                        call.getDevicePointer(RIGHT),
                        call.getDevicePointer(BIAS),
                        call.getDevicePointer(RESULT));
    }

    @Override
    public void destroyContext(LibraryContext context) {
        ((Session) context).products().close();
    }
}
