/** The tasks of SuperGLUE. */
package detangle.experiment.superglue;
