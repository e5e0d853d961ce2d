package detangle.backend.tornado;

import detangle.backend.tornado.Launch.Work;
import detangle.backend.tornado.cublaslt.CublasLtSession;
import detangle.backend.tornado.cublaslt.ProductOptions;
import detangle.backend.tornado.cublaslt.ProductSequence;
import detangle.backend.tornado.cublaslt.ProductSequence.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import uk.ac.manchester.tornado.api.common.Access;

/**
 * Calls of the matrix library that follow one another and become one task of a graph, such as the products of queries,
 * keys and values and those of attention behind them: each task takes some ten microseconds on the host, which is most
 * of the time that one short sequence takes.
 *
 * @param access what the calls do with each of the arguments
 */
record LibrarySequence(ProductSequence tuning, int sizes, List<Access> access) implements LibraryCall {
    /** The most arguments of a task, beside the sizes and where its own begin. */
    private static final int MAX_ARGUMENTS = 18;

    @Override
    public String function() {
        return CublasLtSession.SEQUENCE;
    }

    @Override
    public Access access(int place, int arguments) {
        return access.get(place);
    }

    /** Returns launches in which library calls that follow one another are one. */
    static List<Launch> joined(List<Launch> launches) {
        List<Launch> all = new ArrayList<>();
        int first = 0;
        while (first < launches.size()) {
            int end = end(launches, first);
            all.add(end > first + 1 ? join(launches.subList(first, end)) : launches.get(first));
            first = end;
        }
        return List.copyOf(all);
    }

    /** Returns the end of the launches that can be one with the first. */
    private static int end(List<Launch> launches, int first) {
        int end = first + 1;
        while (end < launches.size()
                && launches.get(first).call() instanceof LibraryCall
                && launches.get(end).call() instanceof LibraryCall
                && arguments(launches.subList(first, end + 1)).size() <= MAX_ARGUMENTS) {
            end++;
        }
        return end;
    }

    /** Returns the arguments of some launches, each array once. */
    private static List<Object> arguments(List<Launch> launches) {
        List<Object> all = new ArrayList<>();
        for (Launch launch : launches) {
            for (Object argument : launch.arguments()) {
                if (place(all, argument) < 0) {
                    all.add(argument);
                }
            }
        }
        return all;
    }

    private static int place(List<Object> arguments, Object argument) {
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i) == argument) {
                return i;
            }
        }
        return -1;
    }

    private static Launch join(List<Launch> launches) {
        List<Object> arguments = arguments(launches);
        Access[] access = new Access[arguments.size()];
        List<Step> steps = new ArrayList<>();
        int firstSize = 0;
        for (Launch launch : launches) {
            LibraryCall call = (LibraryCall) launch.call();
            List<Integer> places = new ArrayList<>();
            for (int i = 0; i < launch.arguments().size(); i++) {
                int place = place(arguments, launch.arguments().get(i));
                access[place] =
                        then(access[place], call.access(i, launch.arguments().size()));
                places.add(OWN_ARGUMENTS + place);
            }
            steps.add(new Step(call.function(), (ProductOptions) call.tuning(), firstSize, places));
            firstSize += call.sizes();
        }
        List<Function<Map<String, Long>, Work>> works =
                launches.stream().map(Launch::work).toList();
        return new Launch(
                launches.getFirst().operation(),
                launches.stream().map(Launch::label).distinct().collect(Collectors.joining(", ")),
                new LibrarySequence(new ProductSequence(steps), firstSize, List.of(access)),
                arguments,
                0,
                0,
                bindings -> new Work(
                        works.stream()
                                .flatMapToInt(work ->
                                        Arrays.stream(work.apply(bindings).sizes()))
                                .toArray(),
                        1,
                        1,
                        1));
    }

    /** Returns what is done with an argument in all, where calls before have done something or nothing with it. */
    private static Access then(Access before, Access now) {
        if (before == null || before == now) {
            return now;
        }
        // Later calls read what the sequence itself has written, so nothing from before it is read.
        return before == Access.WRITE_ONLY ? before : Access.READ_WRITE;
    }
}
