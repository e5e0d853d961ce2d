package detangle.backend.tornado;

import detangle.backend.tornado.cublaslt.CublasLt;
import detangle.backend.tornado.cublaslt.CublasLtSession;
import detangle.backend.tornado.cublaslt.ProductOptions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.common.Access;
import uk.ac.manchester.tornado.api.common.LibraryTaskDescriptor;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * A product that the matrix library computes, with operands as {@link Product} has them. TornadoVM hands the arguments
 * to the library at each run, so the sizes are read then.
 */
record LibraryProduct(ProductOptions options) implements Call {
    /**
     * Adds the product to a graph.
     *
     * @param sizes the sizes of all launches
     * @param own the array whose first element is where this product's sizes begin
     * @param arguments both operands, the bias or an array in its place, and the result
     */
    void add(TaskGraph graph, String name, IntArray sizes, IntArray own, List<Object> arguments) {
        Object[] all = Stream.concat(Stream.of(sizes, own), arguments.stream()).toArray();
        Access[] access = new Access[all.length];
        Arrays.fill(access, Access.READ_ONLY);
        access[all.length - 1] = Access.WRITE_ONLY;
        graph.libraryTask(
                name,
                options -> new LibraryTaskDescriptor()
                        .withLibrary(CublasLt.NAME)
                        .withFunction(CublasLtSession.PRODUCT)
                        .withParameters(all)
                        .withAccess(access)
                        .withTuning(options),
                options);
    }
}
