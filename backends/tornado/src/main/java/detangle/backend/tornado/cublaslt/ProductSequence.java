package detangle.backend.tornado.cublaslt;

import java.util.List;

/**
 * The calls of a library task that computes several products one after another, as each task takes time on the host.
 *
 * @param steps the calls, in their order
 */
public record ProductSequence(List<Step> steps) {
    /** The arguments of each function that tell of its sizes. */
    private static final int SIZE_ARGUMENTS = 2;

    /**
     * One call.
     *
     * @param function the name of what it computes, such as {@link CublasLtSession#PRODUCT}
     * @param firstSize the index of its first size among the sizes of the task
     * @param places for each argument of the function, behind the two that tell of sizes, its place among those of the
     *     task
     */
    public record Step(String function, ProductOptions options, int firstSize, List<Integer> places) {
        /** Makes a step with a copy of the places. */
        public Step {
            places = List.copyOf(places);
        }

        /** Returns the arguments of the call among those of the task. */
        CublasLtSession.Arguments of(CublasLtSession.Arguments task) {
            return new CublasLtSession.Arguments() {
                @Override
                public Object onHost(int place) {
                    return task.onHost(placeInTask(place));
                }

                @Override
                public long onDevice(int place) {
                    return task.onDevice(placeInTask(place));
                }

                @Override
                public int firstSize() {
                    return task.firstSize() + firstSize;
                }
            };
        }

        private int placeInTask(int place) {
            return place < SIZE_ARGUMENTS ? place : places.get(place - SIZE_ARGUMENTS);
        }
    }

    /** Makes a sequence with a copy of the steps. */
    public ProductSequence {
        steps = List.copyOf(steps);
    }
}
