import { testRows } from './test-rows.ts';

testRows('debian', 'direct');
