/**
 * Training: the trainer, its data, metrics, optimizers and schedules. A program that only runs models does not need it.
 */
module detangle.train {
    requires transitive detangle.runtime;
    requires detangle.compiler;
    requires org.slf4j;

    exports detangle.train;
    exports detangle.train.data;
    exports detangle.train.lora;
    exports detangle.train.metrics;
    exports detangle.train.optimizer;
    exports detangle.train.parallel;
    exports detangle.train.report;
    exports detangle.train.task;
}
