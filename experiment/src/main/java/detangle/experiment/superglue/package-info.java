/** This package has the tasks of SuperGLUE. */
package detangle.experiment.superglue;
