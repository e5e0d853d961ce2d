/** This package reads the files of tasks' folders, and makes the common features of texts. */
package detangle.experiment.data;
