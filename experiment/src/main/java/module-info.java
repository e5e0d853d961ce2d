/** The original's experiments: tasks by their names, their files, features, measures and results. */
module detangle.experiment {
    requires transitive detangle.train;
    requires detangle.export;
    requires tools.jackson.databind;

    exports detangle.experiment;
    exports detangle.experiment.data;
    exports detangle.experiment.head;

    uses detangle.experiment.TaskProvider;

    provides detangle.experiment.TaskProvider with
            detangle.experiment.glue.GlueTasks,
            detangle.experiment.inference.InferenceTasks,
            detangle.experiment.ner.NerTasks,
            detangle.experiment.pretrain.PretrainingTasks,
            detangle.experiment.reading.ReadingTasks,
            detangle.experiment.superglue.SuperGlueTasks;
}
