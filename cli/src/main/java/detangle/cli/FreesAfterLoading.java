package detangle.cli;

import detangle.train.TrainingCallback;

/**
 * Frees the memory that loading leaves before the first update: as much as the parameters of a model that begins with
 * initial values. The heap may grow to most of the machine's memory, and the collector would not free it before.
 */
final class FreesAfterLoading implements TrainingCallback {
    @Override
    public void onBegin(Begin begin) {
        System.gc();
    }
}
