/** Training: optimizers and schedules. */
module detangle.train {
    requires transitive detangle.runtime;
    requires detangle.compiler;

    exports detangle.train.optimizer;
}
