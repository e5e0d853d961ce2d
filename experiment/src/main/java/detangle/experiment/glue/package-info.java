/** This package has the tasks of GLUE, and ANLI, which trains on other pairs and is evaluated on those of MNLI. */
package detangle.experiment.glue;
