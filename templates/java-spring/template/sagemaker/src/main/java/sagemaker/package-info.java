/**
 * What an algorithm gets to see of SageMaker, and how data is read, the same for training and for
 * serving. The template keeps this up to date; your own code belongs into the module {@code
 * algorithm}.
 */
package sagemaker;
