package detangle.backend.tornado;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * A stretch of a program's launches that is one graph of tasks: TornadoVM has room for the tasks of some layers in one.
 * Parts run one after the other. An array comes to the device in the first part that uses it, and is handed from part
 * to part until the last that does.
 *
 * @param first of its launches
 * @param end the launch behind its last
 * @param enter arrays that no part before it uses
 * @param handed arrays that it has from the part before it, as it or one behind it uses them
 * @param made arrays that enter and are handed on
 * @param leave arrays that no part behind it uses
 */
record GraphPart(int first, int end, List<Object> enter, List<Object> handed, List<Object> made, List<Object> leave) {
    // In TornadoVM's TornadoTaskGraph: how a graph is written down.
    private static final int BYTES = 8192;
    private static final int BYTES_OF_TASK = 15;
    private static final int BYTES_OF_ARGUMENT = 5;

    // In its TornadoGraph and TornadoGraphBuilder: what that is read into.
    private static final int NODES = 1024;
    private static final int NODES_OF_GRAPH = 8;
    private static final int NODES_OF_TASK = 1 + 2; // A kernel writes its result, and tells of wrong ids.
    private static final int NODES_OF_ARRAY = 4; // It, how it comes, how it is copied back, and how it goes.
    private static final int NODES_OF_HANDED_ARRAY = 1; // No task of the graph uses it.

    /** The launches that use an array. */
    private record Uses(int first, int last) {
        Uses and(Uses others) {
            return new Uses(Math.min(first, others.first), Math.max(last, others.last));
        }
    }

    /**
     * Divides launches so that each part has room, and knows which arrays pass between them.
     *
     * @param ownArguments arguments of each task that the launches do not name, one of them an array for the task alone
     * @param late the launch that begins a part in any case; the number of launches if there is none
     * @param everywhere arrays among those that all tasks use
     * @param apart arrays that do not pass
     */
    static List<GraphPart> of(
            List<Launch> launches, int ownArguments, int late, Set<Object> everywhere, Set<Object> apart) {
        Map<Object, Uses> uses = new IdentityHashMap<>();
        for (int i = 0; i < launches.size(); i++) {
            Uses here = new Uses(i, i);
            arrays(launches.get(i), apart).forEach(a -> uses.merge(a, here, Uses::and));
            everywhere.forEach(a -> uses.merge(a, here, Uses::and));
        }
        List<GraphPart> parts = new ArrayList<>();
        int first = 0;
        do {
            int limit = first < late ? late : launches.size();
            int end = end(launches.subList(0, limit), first, ownArguments, uses, apart);
            parts.add(part(first, end, uses));
            first = end;
        } while (first < launches.size());
        return List.copyOf(parts);
    }

    private static List<Object> arrays(Launch launch, Set<Object> apart) {
        return launch.arguments().stream()
                .filter(a -> a instanceof TornadoNativeArray && !apart.contains(a))
                .toList();
    }

    /** Returns the end of the nodes that there is room for. */
    private static int end(
            List<Launch> launches, int first, int ownArguments, Map<Object, Uses> uses, Set<Object> apart) {
        Set<Object> handed = Collections.newSetFromMap(new IdentityHashMap<>());
        uses.forEach((array, u) -> {
            if (u.first < first && u.last >= first) {
                handed.add(array);
            }
        });
        Set<Object> used = Collections.newSetFromMap(new IdentityHashMap<>());
        int bytes = 0;
        int nodes = NODES_OF_GRAPH + NODES_OF_ARRAY * apart.size();
        for (int i = first; i < launches.size(); i++) {
            Launch launch = launches.get(i);
            List<Object> own = arrays(launch, apart);
            used.addAll(own);
            own.forEach(handed::remove);
            int numbers = launch.arguments().size() - own.size();
            bytes += BYTES_OF_TASK
                    + BYTES_OF_ARGUMENT * (ownArguments + launch.arguments().size());
            nodes += NODES_OF_TASK + NODES_OF_ARRAY + numbers;
            if (i > first
                    && (bytes > BYTES
                            || nodes + NODES_OF_ARRAY * used.size() + NODES_OF_HANDED_ARRAY * handed.size() > NODES)) {
                return i;
            }
        }
        return launches.size();
    }

    private static GraphPart part(int first, int end, Map<Object, Uses> uses) {
        Predicate<Uses> enters = u -> u.first >= first && u.first < end;
        return new GraphPart(
                first,
                end,
                those(uses, enters),
                those(uses, u -> u.first < first && u.last >= first),
                those(uses, enters.and(u -> u.last >= end)),
                those(uses, u -> u.last >= first && u.last < end));
    }

    private static List<Object> those(Map<Object, Uses> uses, Predicate<Uses> which) {
        return uses.entrySet().stream()
                .filter(e -> which.test(e.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }
}
