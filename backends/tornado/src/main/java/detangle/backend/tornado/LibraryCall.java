package detangle.backend.tornado;

import detangle.backend.tornado.cublaslt.CublasLt;
import detangle.backend.tornado.cublaslt.ProductOptions;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.common.Access;
import uk.ac.manchester.tornado.api.common.LibraryTaskDescriptor;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * A function of the matrix library. TornadoVM hands the arguments to the library at each run, so the sizes are read
 * then.
 */
sealed interface LibraryCall extends Call permits LibraryProduct, LibraryAttention {
    /** The number of arguments before those of the function: the sizes of all launches and where its own begin. */
    int OWN_ARGUMENTS = 2;

    /** Returns the name of the function. */
    String function();

    @Override
    default String name() {
        return function();
    }

    /** Returns how the function multiplies. */
    ProductOptions options();

    /** Returns the places of the results among the function's own arguments, of so many. */
    Set<Integer> results(int arguments);

    /**
     * Adds the call to a graph.
     *
     * @param sizes the sizes of all launches
     * @param own the array whose first element is where this call's sizes begin
     * @param arguments the function's own arguments
     */
    default void add(TaskGraph graph, String name, IntArray sizes, IntArray own, List<Object> arguments) {
        Object[] all = Stream.concat(Stream.of(sizes, own), arguments.stream()).toArray();
        Set<Integer> results = results(arguments.size());
        Access[] access = IntStream.range(0, all.length)
                .mapToObj(i -> results.contains(i - OWN_ARGUMENTS) ? Access.WRITE_ONLY : Access.READ_ONLY)
                .toArray(Access[]::new);
        graph.libraryTask(
                name,
                options -> new LibraryTaskDescriptor()
                        .withLibrary(CublasLt.NAME)
                        .withFunction(function())
                        .withParameters(all)
                        .withAccess(access)
                        .withTuning(options),
                options());
    }
}
