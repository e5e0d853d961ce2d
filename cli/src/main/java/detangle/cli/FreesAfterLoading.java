package detangle.cli;

import detangle.train.TrainingCallback;

/**
 * Frees the memory that loading leaves before the first update. The heap may grow to most of the machine's memory, so that
 * the collector would keep it until then: it is as much as the parameters of a model that begins with initial values.
 */
final class FreesAfterLoading implements TrainingCallback {
    @Override
    public void onBegin(Begin begin) {
        System.gc();
    }
}
