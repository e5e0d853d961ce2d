/** Training: what data is to look like, optimizers and schedules. */
module detangle.train {
    requires transitive detangle.runtime;
    requires detangle.compiler;

    exports detangle.train;
    exports detangle.train.optimizer;
}
