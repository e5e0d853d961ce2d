package detangle.backend.tornado;

import detangle.backend.tornado.cublaslt.CublasLt;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.common.Access;
import uk.ac.manchester.tornado.api.common.LibraryTaskDescriptor;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * A function of the module that calls the matrix library and launches kernels in PTX. TornadoVM hands the arguments to
 * the library at each run, so the sizes are read then.
 */
sealed interface LibraryCall extends Call permits LibraryProduct, LibraryAttention, LibrarySequence {
    /** The number of arguments before those of the function: the sizes of all launches and where its own begin. */
    int OWN_ARGUMENTS = 2;

    /** Returns the name of the function. */
    String function();

    @Override
    default String name() {
        return function();
    }

    /** Returns what the function is told beside its arguments: how it multiplies, or the calls of a sequence. */
    Object tuning();

    /** Returns how many sizes the function reads. */
    int sizes();

    /**
     * Returns what the function does with an argument.
     *
     * @param place the place among the function's own arguments
     * @param arguments the number of these
     */
    Access access(int place, int arguments);

    /**
     * Adds the call to a graph.
     *
     * @param sizes the sizes of all launches
     * @param own the array whose first element is where this call's sizes begin
     * @param arguments the function's own arguments
     */
    default void add(TaskGraph graph, String name, IntArray sizes, IntArray own, List<Object> arguments) {
        Object[] all = Stream.concat(Stream.of(sizes, own), arguments.stream()).toArray();
        Access[] access = IntStream.range(0, all.length)
                .mapToObj(i -> i < OWN_ARGUMENTS ? Access.READ_ONLY : access(i - OWN_ARGUMENTS, arguments.size()))
                .toArray(Access[]::new);
        graph.libraryTask(
                name,
                tuning -> new LibraryTaskDescriptor()
                        .withLibrary(CublasLt.NAME)
                        .withFunction(function())
                        .withParameters(all)
                        .withAccess(access)
                        .withTuning(tuning),
                tuning());
    }
}
