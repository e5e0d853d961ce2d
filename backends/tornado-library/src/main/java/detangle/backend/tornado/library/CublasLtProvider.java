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

/** Products by cuBLASLt in TornadoVM's graphs: one session for each plan of execution. */
public final class CublasLtProvider implements TornadoLibraryProvider {
    // Arguments of a task.
    private static final int SIZES = 0;
    private static final int OWN = 1;
    private static final int LEFT = 2;
    private static final int RIGHT = 3;
    private static final int BIAS = 4;
    private static final int RESULT = 5;

    private record Session(CublasLtSession products) implements LibraryContext {}

    /** For {@link java.util.ServiceLoader}. */
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
     * Sizes are read on the host, where they are before they are copied to the device. The stream is asked for each time, as each thread
     * that runs a plan has its own.
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
